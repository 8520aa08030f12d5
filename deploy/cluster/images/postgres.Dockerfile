# Stands in for the public image where no registry is reached: the same name, the same variables.
ARG BASE
FROM ${BASE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
COPY native /usr/local/
COPY --chmod=755 postgres-entrypoint.sh /usr/local/bin/entrypoint
RUN mkdir -p -m 777 /var/run/postgresql /var/lib/postgresql
ENV PGDATA=/var/lib/postgresql/18/docker
USER 1000
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["entrypoint"]
CMD ["postgres"]
