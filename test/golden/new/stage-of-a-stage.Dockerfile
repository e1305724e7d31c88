FROM golang:1.21 AS base
# what cgo needs
RUN apt-get update && apt-get install -y gcc
ONBUILD ENV BUILT=1
EXPOSE 1
FROM base AS build
WORKDIR /src
RUN make
FROM base AS unused
FROM scratch
COPY --from=build /src/app /app
ENTRYPOINT ["/app"]
