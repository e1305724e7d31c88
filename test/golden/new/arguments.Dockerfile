# which one
ARG VERSION=1.21
ARG EMPTY
FROM --platform=$BUILDPLATFORM golang:${VERSION}-alpine AS build
ARG VERSION
ARG COMMIT
ARG MODE=fast
ENV CGO_ENABLED=0 PATH=/opt/bin:$PATH
RUN make $MODE
COPY $UNKNOWN/x /x
FROM scratch
COPY --from=build /go/app /app
ENTRYPOINT ["/app"]
