// Every bound on untrusted input, by name. An error that hits one names it, so that a user can ask about it.

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

export const limits = {
  /** A manifest, index or config blob (the distribution spec asks registries for 4 MiB). */
  manifestBytesMax: 4 * mebibyte,
  configBytesMax: 8 * mebibyte,
  layerBytesMax: 64 * gibibyte,
  layersMax: 512,
  /** A spec file, and how many nodes its YAML may have once aliases are followed. */
  specBytesMax: 1 * mebibyte,
  yamlAliasesMax: 100,
  /** Debian */
  inReleaseBytesMax: 4 * mebibyte,
  packagesIndexBytesMax: 512 * mebibyte,
  debBytesMax: 4 * gibibyte,
  debControlBytesMax: 16 * mebibyte,
  debDataBytesMax: 32 * gibibyte,
  /** Output bytes for one byte of compressed input, past the first mebibyte of output. */
  expansionRatioMax: 1100,
  stanzaBytesMax: 4 * mebibyte,
  packagesInImageMax: 20_000,
  /** Trees and archives */
  entriesMax: 4_000_000,
  pathBytesMax: 4096,
  pathComponentsMax: 256,
  symlinksFollowedMax: 40,
  paxRecordsBytesMax: 1 * mebibyte,
  sparseSegmentsMax: 100_000,
  /** ELF */
  programHeadersMax: 1024,
  dynamicEntriesMax: 65_536,
  stringBytesMax: 65_536,
} as const;
