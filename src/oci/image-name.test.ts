import fc from "fast-check";
import { expect, test } from "vitest";
import { imageName } from "./image-name.ts";

test.each([
  ["registry.example.test:5000/team/web:1.2", "registry.example.test:5000/team/web"],
  ["registry.example.test/web@sha256:00", "registry.example.test/web"],
  ["registry.example.test/web:1@sha256:00", "registry.example.test/web"],
  ["docker://registry.example.test/web:1", "registry.example.test/web"],
  ["docker-daemon:web:1", "web"],
  ["web:1", "web"],
  ["web", "web"],
  ["oci:out:web", "out"],
  ["oci:out", "out"],
  ["oci:./out/", "out"],
  ["oci:out:registry.example.test/web:1", "out:registry.example.test/web"],
  ["oci-archive:build/web.tar", "build/web.tar"],
  ["oci-archive:build/api.tar:1.2", "build/api.tar"],
  ["docker-archive:build/web.tar", "build/web.tar"],
  ["docker-archive:build/all.tar:example.test/web:1", "build/all.tar:example.test/web"],
  ["dir:rootfs", "rootfs"],
  ["tar:a.tar", "a.tar"],
  ["tar:a:1.tar", "a:1.tar"],
  ["/srv/root", "/srv/root"],
  ["./out:1", "out:1"],
  ["oci:", "oci:"],
  ["", ""],
])("the image of %s is %s", (reference, name) => {
  expect(imageName(reference)).toBe(name);
});

test("archives of different images are different images", () => {
  for (const transport of ["oci-archive", "docker-archive", "oci", "dir", "tar"]) {
    expect(imageName(`${transport}:a.tar`)).not.toBe(imageName(`${transport}:b.tar`));
  }
});

test("every text has a name", () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom("", "oci:", "docker-archive:", "dir:"), (text, transport) => {
      expect(typeof imageName(`${transport}${text}`)).toBe("string");
    }),
  );
});
