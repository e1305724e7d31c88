# Dependencies in a stage of their own, from a lock.
FROM node:18 AS dependencies
WORKDIR /app
COPY package*.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --no-audit --no-fund

FROM node:18
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY server.mjs package.json ./
USER 65532:65532
ENTRYPOINT ["node", "server.mjs"]
