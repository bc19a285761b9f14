FROM a AS b
ONBUILD RUN x
ARG =
ARG =x
FROM b
RUN <<EOF sh
go build
EOF
COPY <<A <<B /
x
A
y
B
