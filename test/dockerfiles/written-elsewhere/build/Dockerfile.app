FROM busybox
COPY file build/other /
