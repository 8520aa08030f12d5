# Stands in for the public image where no registry is reached: the same name; Redis 6.2 in the place of Valkey.
ARG BASE
FROM ${BASE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-tools && rm -rf /var/lib/apt/lists/*
COPY --chmod=755 redis-server /usr/local/bin/valkey-server
RUN ln -s /usr/bin/redis-cli /usr/local/bin/valkey-cli && mkdir -m 777 /data
WORKDIR /data
USER 1000
CMD ["valkey-server"]
