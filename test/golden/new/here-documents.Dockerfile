FROM debian:12 AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN <<EOF
set -e
make all
EOF
RUN <<EOF
#!/usr/bin/env python3
print(1)
EOF
RUN cat <<-ONE > /a
	tabs
	ONE
ENV NAME=app
COPY --chmod=600 --chown=1:2 <<EOF /etc/$NAME.conf
it's $NAME
EOF
RUN ["/bin/true"]
FROM scratch
COPY --from=build /app /app
COPY <<"EOF" /etc/app.conf
as $it is
EOF
ENTRYPOINT ["/app"]
