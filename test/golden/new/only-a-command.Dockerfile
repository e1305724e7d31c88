FROM scratch
COPY main.go /app
CMD ["/app"]
ONBUILD RUN x
