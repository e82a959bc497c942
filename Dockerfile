# Quire in a container. DEPLOYING.md in `server` says how it is run.
#
#     docker build -t quire .
#     docker run -p 4400:4400 -v quire:/data -e QUIRE_JWT_SECRET=… quire

FROM node:24.21.0-bookworm-slim AS manifests
WORKDIR /quire
COPY package.json package-lock.json ./
COPY shared/package.json shared/
COPY server/package.json server/
COPY web/provider/package.json web/provider/
COPY web/editor/package.json web/editor/
COPY web/operations/package.json web/operations/
COPY web/examples/package.json web/examples/
COPY e2e/package.json e2e/

FROM manifests AS build
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

# What runs: the same lockfile, without what only builds and tests need, and no script of a package.
FROM manifests AS production
RUN npm ci --no-audit --no-fund --ignore-scripts --omit=dev --omit=optional --workspace=server --workspace=shared --include-workspace-root=false
RUN rm -r node_modules/better-sqlite3/deps node_modules/better-sqlite3/src package-lock.json e2e web/provider web/examples
COPY --from=build /quire/shared/dist shared/dist
COPY --from=build /quire/server/dist server/dist
COPY --from=build /quire/web/editor/dist web/editor/dist
COPY --from=build /quire/web/operations/dist web/operations/dist
COPY server/bin server/bin
COPY server/deploy/container server/deploy/container
COPY LICENSE ./

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
# Everybody outside of the container comes from beyond loopback, so logins are asked for: QUIRE_JWT_SECRET or
# QUIRE_JWKS_URL has to be given.
ENV QUIRE_AUTH=jwt
ENV QUIRE_HOST=0.0.0.0
ENV QUIRE_PORT=4400
ENV QUIRE_DATA_DIR=/data
# A new volume is made as this directory is: nobody else reads what is in it.
RUN install -d -o node -g node -m 700 /data
COPY --from=production /quire /quire
USER node
VOLUME /data
EXPOSE 4400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/quire/server/deploy/container/health.js"]
# Becomes node by `exec`, which so gets the signals itself. It starts no other processes that somebody would have to wait
# for, so there is no init in front of it.
ENTRYPOINT ["/quire/server/bin/quire.js"]
CMD ["serve"]
