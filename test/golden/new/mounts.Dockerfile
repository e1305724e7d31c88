FROM debian:12 AS build
RUN --mount=type=cache,target=/root/.cache --mount=type=cache,id=x,sharing=locked,target=/var/cache make
RUN --mount=type=secret,id=token --mount=type=secret,id=other,env=OTHER,target=/run/o --network=none make
RUN --mount=type=bind,source=.,target=/src --mount=type=tmpfs,target=/tmp --mount=type=ssh --network=host make
FROM scratch
COPY --from=build /app /app
ENTRYPOINT ["/app"]
