FROM scratch
LABEL org.opencontainers.image.title="My app" maintainer=me
MAINTAINER somebody
COPY conf/app.conf /etc/
ENV A=1 B="two words" C=$A
EXPOSE 80 443/tcp 5000-5002/udp
VOLUME /data
VOLUME ["/more"]
WORKDIR /srv
WORKDIR app
USER app:app
STOPSIGNAL 15
HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 --start-interval=1s CMD ["/app", "--check"]
ENTRYPOINT ["/app"]
CMD ["--port", "80"]
