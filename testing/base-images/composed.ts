// Small base images made in memory, for what no other base has: several platforms under one name, and a config that brings
// triggers, volumes, a shell and a health check.
import { makeImageSet } from "../../src/oci/derive.ts";
import type { Image, ImageSet } from "../../src/oci/model.ts";
import { imageOf, tarLayer } from "../layouts.ts";

const written = 1_700_000_000;

/** Nothing but /platform, which names the platform: linux/amd64, linux/arm64, linux/arm/v7. No program is in it. */
export function imageOfPlatforms(): ImageSet {
  return makeImageSet([
    platformImage("linux/amd64", { architecture: "amd64" }),
    platformImage("linux/arm64", { architecture: "arm64" }),
    platformImage("linux/arm/v7", { architecture: "arm", variant: "v7" }),
  ]);
}

function platformImage(
  platform: string,
  config: { readonly architecture: string; readonly variant?: string },
): Image {
  const layer = tarLayer([{ name: "platform", content: `${platform}\n`, mtime: written }]);
  const history = [{ created_by: "COPY platform /" }];
  return imageOf([layer], {
    ...config,
    os: "linux",
    config: { Env: [`IMAGE_PLATFORM=${platform}`] },
    history,
  });
}

/** The layers of `base` under a config in which everything that a build can inherit is set, with triggers. */
export function imageToInherit(base: Image): Image {
  return imageOf(base.layers, {
    history: [{ created_by: "ADD userland /" }, { created_by: "ONBUILD ...", empty_layer: true }],
    config: {
      User: "daemon",
      Env: ["PATH=/usr/bin:/bin", "INHERITED=from the base"],
      Entrypoint: ["/bin/sh", "-c"],
      Cmd: ["echo inherited"],
      WorkingDir: "/srv",
      ExposedPorts: { "8080/tcp": {} },
      Volumes: { "/data": {} },
      Labels: { inherited: "yes", replaced: "no" },
      StopSignal: "SIGQUIT",
      Healthcheck: { Test: ["CMD", "true"], Interval: 5_000_000_000, Retries: 2 },
      Shell: ["/bin/sh", "-e", "-c"],
      OnBuild: [
        "USER root",
        "COPY . /triggered/",
        "ARG TRIGGERED=default",
        'RUN echo "$TRIGGERED $INHERITED" > /triggered/by-run',
      ],
    },
  });
}
