FROM debian:12 AS build
COPY go.* package*.json ./
WORKDIR /src
COPY . .
COPY --chown=nobody:nogroup --chmod=755 --link src/ conf/app.conf /to/
COPY --exclude=*.md --parents src /p/
COPY ../up /up
ADD https://example.test/x /x
ADD app.tar.gz /
ADD git@example.test:a/b.git /b
ADD main.go /main.go
FROM scratch
COPY --from=build /out/ /usr/share/app/
COPY --from=0 /app /app
COPY --from=nginx:1.25 /etc/nginx/mime.types /etc/
COPY --from=build /out/*.so /lib/
COPY go.mod /app
ENTRYPOINT ["/app"]
