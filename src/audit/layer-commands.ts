// What made each layer, as the history of the config tells it (image-spec config.md "history": an entry for each layer, and
// others that made none).
import type { ImageConfig } from "../oci/model.ts";
import type { Masker } from "./config-secrets/masking.ts";

/** The command behind each layer, from the bottom up, without its secrets; undefined where the history doesn't say. */
export function layerCommands(
  config: ImageConfig | undefined,
  masker: Masker,
): readonly (string | undefined)[] {
  return (config?.history ?? [])
    .filter((one) => one.empty_layer !== true)
    .map(({ created_by: by }) => (by === undefined ? undefined : masker.text(by)));
}
