import { describe, expect, test } from "vitest";
import { lowered, shownGraph } from "../../../../testing/lowering.ts";

describe("a build in stages", () => {
  const file = `
FROM golang:1.21.5-alpine as build
WORKDIR /
COPY go.* .
RUN go mod download
COPY . .
RUN go build -o my-app
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /my-app /usr/local/bin/my-app
ENTRYPOINT ["/usr/local/bin/my-app"]
`;

  test("becomes a graph", async () => {
    expect(shownGraph(await lowered(file))).toBe(`
0 scratch
1 image docker.io/library/golang:1.21.5-alpine linux/amd64 | [build 1/6] FROM docker.io/library/golang:1.21.5-alpine
2 local context | [internal] load build context
3 file 1 2: copy 1:/go.* -> / | [build 2/6] COPY go.* .
4 exec 3: "/bin/sh" "-c" "go mod download" in / | [build 3/6] RUN go mod download
5 file 4 2: copy 1:/ -> / | [build 4/6] COPY . .
6 exec 5: "/bin/sh" "-c" "go build -o my-app" in / | [build 5/6] RUN go build -o my-app
7 file 0 6: copy 1:/etc/ssl/certs/ca-certificates.crt -> /etc/ssl/certs/ca-certificates.crt | [stage-1 1/2] COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
8 file 7 6: copy 1:/my-app -> /usr/local/bin/my-app | [stage-1 2/2] COPY --from=build /my-app /usr/local/bin/my-app
`);
  });

  test("has a config and a history", async () => {
    const { config, history } = await lowered(file);
    expect(config).toEqual({
      created: "2020-01-01T00:00:00Z",
      os: "linux",
      architecture: "amd64",
      config: {
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        Entrypoint: ["/usr/local/bin/my-app"],
        WorkingDir: "/",
      },
    });
    expect(history).toEqual(
      [
        "COPY /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt # buildkit",
        "COPY /my-app /usr/local/bin/my-app # buildkit",
        'ENTRYPOINT ["/usr/local/bin/my-app"]',
      ].map((text, index) => ({
        created: "2020-01-01T00:00:00Z",
        created_by: text,
        comment: "buildkit.dockerfile.v0",
        ...(index < 2 ? {} : { empty_layer: true }),
      })),
    );
  });
});
