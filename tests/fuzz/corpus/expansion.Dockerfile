FROM a
ENV P=xxxxxxxx
ENV P=$P$P
ENV P=$P$P
ENV Y=${P//*x*x*b/x}
RUN x
