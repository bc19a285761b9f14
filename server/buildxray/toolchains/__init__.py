"""The toolchains: the effects of commands in a RUN, such as compiling, downloading, installing; one module for each."""
