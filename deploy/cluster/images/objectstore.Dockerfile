# Stands in for the public image where no registry is reached: the same name, the same program.
ARG BASE
FROM ${BASE}
COPY --chmod=755 versitygw /usr/local/bin/
USER 1000
ENTRYPOINT ["versitygw"]
