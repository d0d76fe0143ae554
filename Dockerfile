# The release, built as `make build` builds it, in an image that holds nothing else.
#
#   docker build -t postonce . && docker run --read-only --tmpfs /tmp -v postonce:/var/lib/postonce -p 3000:3000 postonce
#
# Both stages are of one Debian release, since the binary is linked against its C library.
FROM rust:1.95-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends npm && rm -rf /var/lib/apt/lists/*
# The image's own compiler, where rust-toolchain.toml would fetch the newest.
ENV RUSTUP_TOOLCHAIN=1.95
RUN rustup target add wasm32-unknown-unknown
WORKDIR /build
# The tools change less often than the code.
COPY Cargo.lock tools.env ./
COPY scripts scripts
RUN scripts/setup release
COPY . .
RUN scripts/build --release

FROM debian:trixie-slim
# bash, glibc, libgcc and zlib are there already: all that the binary and its health check need.
RUN install -d -o 10001 -g 10001 /var/lib/postonce
# The binary looks for the site, and for the names of its hashed files, beside itself.
COPY --from=build /build/target/release/postonce /build/target/release/hash.txt /opt/postonce/
COPY --from=build /build/target/site /opt/postonce/site
COPY deploy/healthy /opt/postonce/
USER 10001:10001
VOLUME /var/lib/postonce
ENV ADDR=0.0.0.0:3000
ENV DATABASE_URL=sqlite:///var/lib/postonce/postonce.db
ENV LOG_URL=sqlite:///var/lib/postonce/log.db
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s CMD ["/opt/postonce/healthy"]
ENTRYPOINT ["/opt/postonce/postonce"]
