# Holds the network of a pod.
ARG BASE
FROM ${BASE}
ENTRYPOINT ["sleep", "infinity"]
