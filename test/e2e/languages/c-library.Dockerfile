# A program and its own shared library, with what both need of the base.
FROM gcc:12 AS build
COPY src /src
RUN make -C /src install PREFIX=/usr/local
RUN mkdir /out && for file in $(ldd /usr/local/bin/packed | grep -o '/[^ ]*'); do cp -L --parents "$file" /out; done

FROM scratch
COPY --from=build /out /
COPY --from=build /etc/ld.so.cache /etc/
COPY --from=build /usr/local/bin/packed /usr/local/bin/
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/packed"]
