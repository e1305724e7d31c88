# A crate with a dependency; what ships is the program and its libraries.
FROM rust:1.85 AS build
WORKDIR /src
COPY Cargo.toml .
COPY src src
RUN --mount=type=cache,target=/root/.cargo/registry <<STEPS
set -e
cargo build --release
mkdir /out
for file in $(ldd target/release/rust-app | grep -o '/[^ ]*'); do cp -L --parents "$file" /out; done
STEPS

FROM scratch
COPY --from=build /out /
COPY --from=build /src/target/release/rust-app /usr/local/bin/
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/rust-app"]
