# strata as a container image. Two of its stages are images:
#   docker build --target strata -t strata .     strata alone: what a team's own image is made from
#   docker build -t strata-casebook .            the sample project on top of it, just as a team would do it
# By default on Debian's slim image; pin that by digest with --build-arg DEBIAN=debian:bookworm-slim@sha256:…
ARG DEBIAN=debian:bookworm-slim

FROM ${DEBIAN} AS build
WORKDIR /src
COPY scripts/deps scripts/
# Unpacked only, for two archives that libpq.a wants: the package depends on compilers for extensions.
RUN scripts/deps build && apt-get download postgresql-server-dev-15 && dpkg --unpack postgresql-server-dev-15_*.deb
COPY . .
# At most so many compilers at a time; not set: one for each processor.
ARG CMAKE_BUILD_PARALLEL_LEVEL
RUN --mount=type=cache,target=/root/.cache/ccache cmake --preset image && cmake --build build/image
RUN image/rootfs build/image /rootfs

FROM ${DEBIAN} AS strata
ARG VERSION=0.1.0
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="strata" \
  org.opencontainers.image.description="Postgres migrations for many teams on one database" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /rootfs /
# The ledger is rebuilt from Postgres where it is wanted: name a file on a volume. None, so that nothing has to be writable.
ENV STRATA_LEDGER=none
WORKDIR /project
# By number, so that a kubelet sees that it is not root. Any other user does as well.
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/strata"]
CMD ["deploy"]

FROM strata AS casebook
COPY --from=build /src/build/image/plugins/*.so /modules/
USER 0
RUN ["strata", "module", "lock"]
USER 65532:65532
# What an event of a run says of where it came from.
ARG COMMIT
ENV STRATA_LOCKED=1 \
  STRATA_COMMIT=${COMMIT}
