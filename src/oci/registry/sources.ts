// Where an image is fetched from.
import type { Reference } from "../reference.ts";
import type { Repository } from "./blobs.ts";
import type { RegistryClient } from "./client.ts";

export function pullSources(client: RegistryClient, reference: Reference): readonly Repository[] {
  const { registry, repository } = reference;
  return [
    {
      registry,
      repository,
      insecure: client.isInsecure(registry),
      scopes: [{ repository, actions: ["pull"] }],
    },
  ];
}
