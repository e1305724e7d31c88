FROM scratch
COPY main.go /app
ENTRYPOINT exec /app --config /etc/app.conf
CMD echo "$HOME" && true
HEALTHCHECK CMD wget -q http://localhost/ || exit 1
