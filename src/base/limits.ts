// Every bound on untrusted input, by name. An error that hits one names it, so that a user can ask about it.

export const limits = {
  /** A manifest, index or config blob (the distribution spec asks registries for 4 MiB). */
  manifestBytesMax: 4_194_304,
  configBytesMax: 8_388_608,
  layerBytesMax: 68_719_476_736,
  layersMax: 512,
  /** Of an image with a layer for each package: overlayfs stacks some 127, and there are others beside them. */
  packageLayersMax: 100,
  indexManifestsMax: 4096,
  indexDepthMax: 4,
  /** Manifests, indexes and configs that are held of what one name stands for. */
  imageDocumentsMax: 10_000,
  imageDocumentsBytesMax: 67_108_864,
  historyMax: 10_000,
  jsonDepthMax: 64,
  archiveMembersMax: 200_000,
  /** A spec file; what its YAML may hold once aliases are followed. */
  specBytesMax: 1_048_576,
  yamlAliasesMax: 100,
  /** Lines of a .dockerignore that are patterns. */
  ignorePatternsMax: 10_000,
  /** Paths of a build context that the sources of its copies lead to through links. */
  followedPathsMax: 10_000,
  lockBytesMax: 33_554_432,
  yamlNodesMax: 50_000,
  yamlDepthMax: 32,
  /** Mistakes of one file that are told; the rest is counted. */
  documentProblemsMax: 100,
  /** Days from an audit to the last day of a waiver: a year, with its leap day. */
  policyWaiverDaysMax: 366,
  /** Earlier reports that new ones are compared with, and the findings in them. */
  baselineBytesMax: 268_435_456,
  baselineFindingsMax: 2_000_000,
  /** The largest uid or gid that container engines start a process with (maxID of github.com/moby/sys/user, which runc uses). */
  userNumberMax: 2_147_483_647,
  /** A day: timers of Node.js end at 2^31 - 1 ms. */
  testTimeoutMsMax: 86_400_000,
  /** Images count in nanoseconds, of which 64 bits with a sign hold so many. */
  healthcheckMsMax: 9_223_372_036_854,
  /** A Dockerfile; one of its lines, as BuildKit has it; its instructions, and the here-documents of one of them. */
  dockerfileBytesMax: 4_194_304,
  dockerfileLineLengthMax: 65_535,
  dockerfileInstructionsMax: 10_000,
  dockerfileStagesMax: 1000,
  heredocsMax: 100,
  /** Characters that lowering a file makes in all: words, environments of steps, histories. */
  loweredLengthMax: 67_108_864,
  /** A word once its variables are in; variables inside each other; steps of all patterns in them. */
  expandedLengthMax: 1_048_576,
  expansionDepthMax: 50,
  expansionMatchStepsMax: 4_194_304,
  /** Registries */
  registryErrorBytesMax: 65_536,
  registryTokenBytesMax: 1_048_576,
  registryRedirectsMax: 10,
  credentialsFileBytesMax: 4_194_304,
  credentialHelperOutputBytesMax: 1_048_576,
  daemonAnswerBytesMax: 4_194_304,
  registriesConfBytesMax: 4_194_304,
  tomlDepthMax: 32,
  /** Debian */
  inReleaseBytesMax: 4_194_304,
  packagesIndexBytesMax: 536_870_912,
  debBytesMax: 4_294_967_296,
  debControlBytesMax: 16_777_216,
  debDataBytesMax: 34_359_738_368,
  /** Output bytes for one byte of compressed input, or of an archive with holes, past those that are free. */
  expansionRatioMax: 1100,
  expansionFreeBytes: 1_048_576,
  /** Frames of one zstd stream; zstd:chunked layers have one or more for each file. */
  zstdFramesMax: 250_000,
  stanzaBytesMax: 4_194_304,
  packagesInImageMax: 20_000,
  /** Choices that the resolver tries before it gives up; real requests take a few hundred. */
  resolverStepsMax: 200_000,
  redirectsFollowedMax: 5,
  /** Trees and archives */
  entriesMax: 4_000_000,
  pathBytesMax: 4096,
  pathComponentsMax: 256,
  symlinksFollowedMax: 40,
  /** A configuration file that the closure reads: ld.so.conf, passwd, nsswitch.conf; all of them. */
  settingsBytesMax: 4_194_304,
  /** Of the lines of an account file that are no accounts, those that are told one by one. */
  accountLinesToldMax: 20,
  settingsTotalBytesMax: 16_777_216,
  settingsFilesMax: 1000,
  /** Files, or patterns of them, that ld.so.conf and what it includes name. */
  loaderIncludesMax: 1000,
  /** Folders of one PATH, run path or LD_LIBRARY_PATH; all those that a loader is told of for one library. */
  searchPathFoldersMax: 4096,
  libraryFoldersMax: 4096,
  /** Programs of a command that start one another: env, nice, tini. */
  wrappersMax: 32,
  paxRecordsBytesMax: 1_048_576,
  /** Extended attributes of all entries of an archive. */
  xattrBytesMax: 67_108_864,
  /** Of one file, names and values; the kernel has 64 KiB for each. */
  fileXattrBytesMax: 4_194_304,
  /** Folders that are stacked for a build step: names of more don't fit into one mount. The lowest are put together. */
  lowerFoldersMax: 100,
  /** Merged trees of a build that are held, the latest used. */
  heldTreesMax: 32,
  sparseSegmentsMax: 100_000,
  /** Contents kept beside a layer's record: a text for what it is, a file for its name, and of one layer. */
  keptTextBytesMax: 65_536,
  keptFileBytesMax: 268_435_456,
  keptLayerBytesMax: 536_870_912,
  arMembersMax: 100_000,
  arNamesBytesMax: 16_777_216,
  /** Shell scripts: maintainer scripts and entrypoints */
  shellScriptBytesMax: 4_194_304,
  shellNestingMax: 200,
  /** What starts an image: scripts that call each other, one of them, how deep, commands that are listed. */
  startupScriptsMax: 100,
  startupScriptBytesMax: 262_144,
  startupDepthMax: 16,
  startupStepsMax: 2000,
  startupWordsMax: 10_000,
  startupFoldersMax: 256,
  /** Characters of scripts and command lines that are parsed for it, those that are met again each time. */
  startupTextLengthMax: 1_048_576,
  /** Characters read in a way that did not fit, and then in another (`$((` of bash). */
  shellRereadLengthMax: 4_194_304,
  /** Interpreting them without running: commands met, ways through that are told apart. */
  shellStepsMax: 50_000,
  shellLinesMax: 48,
  shellRoundsMax: 1000,
  /** Text of one variable, output or file that the interpreter holds. */
  shellTextLengthMax: 1_048_576,
  /** One match of a pattern or regular expression: places in it that are followed, over all characters. */
  shellMatchStepsMax: 4_194_304,
  shellMatchStepsPerCharacterMax: 64,
  /** A regular expression, its counted repetitions written out; the text of a sed program. */
  shellExpressionLengthMax: 4096,
  shellProgramLengthMax: 65_536,
  /** Secrets of a config that are looked for wherever it is shown, and their length; at their own place all are masked. */
  maskedValuesMax: 1000,
  maskedValueLengthMax: 4096,
  /** Bytes read to verify what looks like one: so many, and so many for each byte of the file. */
  secretChecksBytesFree: 16_777_216,
  secretChecksRatioMax: 8,
  /** Secrets of one kind that are told of one file, and of all members of an archive. */
  secretsPerKindMax: 20,
  /** Files that are secrets by their form as a whole (password hashes, key stores): what is read of one. */
  secretFormBytesMax: 4_194_304,
  /** Archives within archives: how deep they are followed; members, and bytes of them, of one file in all. */
  nestedDepthMax: 8,
  nestedMembersMax: 200_000,
  nestedBytesMax: 536_870_912,
  /** Places at which one program is told to be inside a file. */
  nestedIdentitiesMax: 100,
  zipDirectoryBytesMax: 67_108_864,
  /** Places in one file that begin like a container and are tried. */
  nestedCandidatesMax: 20_000,
  /** One compressed member, which is held in memory. */
  nestedMemberBytesMax: 33_554_432,
  /** ELF */
  programHeadersMax: 1024,
  dynamicEntriesMax: 65_536,
  stringBytesMax: 65_536,
  symbolVersionsMax: 65_536,
  elfNamesBytesMax: 8_388_608,
  elfNotesBytesMax: 1_048_576,
  elfStringsMax: 20_000,
  elfSectionsMax: 65_536,
  dynamicSymbolsMax: 4_194_304,
  /** ELF files inside one other file that are looked at. */
  innerElfsMax: 16,
  innerElfBytesMax: 268_435_456,
  /** What linkers and compilers write about a build: text of Go's module list, JSON of cargo auditable once it is unpacked. */
  goModulesBytesMax: 4_194_304,
  goModulesMax: 10_000,
  cargoPackedBytesMax: 1_048_576,
  cargoBytesMax: 8_388_608,
  cargoPackagesMax: 10_000,
  /** Package databases inside an image */
  packageDatabaseBytesMax: 268_435_456,
  /** A list of one package's files: `info/*.list`, RECORD. */
  packageListBytesMax: 67_108_864,
  /** One language package's own description: METADATA, package.json, a gemspec. */
  packageMetadataBytesMax: 4_194_304,
  packageMetadataFilesMax: 200_000,
  /** What all language packages have to read: descriptions, and lists of files. */
  languagePackagesBytesMax: 1_073_741_824,
  /** Paths that all packages list together. */
  packagePathsMax: 4_000_000,
  packagePathsLengthMax: 268_435_456,
  packageNameLengthMax: 1024,
  /** Names that all packages of one database require or provide. */
  packageDependenciesMax: 1_000_000,
  /** Packages that count as one dependency, where each of them provides its name. */
  packageProvidersMax: 64,
  /** Packages that one jar holds, and bytes that come out of compression to learn of them. */
  javaPackagesMax: 10_000,
  javaBytesMax: 268_435_456,
  javaMetadataBytesMax: 4_194_304,
  rpmHeaderBytesMax: 67_108_864,
  rpmHeaderTagsMax: 65_536,
  /** Inputs of one vertex of a build: stages that it copies from or mounts. */
  vertexInputsMax: 10_000,
  /** Processes and threads of a build step at a time; a build has a few for each core. */
  stepProcessesMax: 4096,
  /** Room that a step leaves on the disk, or a quarter of what was there before it, where that is less. */
  stepDiskReserveBytes: 268_435_456,
  /** Characters of a build step's output that are shown, of one line of it; lines that the error of a failed step repeats. */
  stepOutputLengthMax: 16_777_216,
  stepLineLengthMax: 4096,
  failureLinesMax: 20,
  /** A secret, and certificates, that a step is given. */
  secretBytesMax: 1_048_576,
  stepCertificatesBytesMax: 16_777_216,
  /** A file of a URL; what git prints. */
  downloadBytesMax: 68_719_476_736,
  gitOutputBytesMax: 16_777_216,
  /** Folders of one cache mount, where steps that don't share it run beside each other. */
  cacheMountFoldersMax: 1024,
  /** Records of a build cache that is imported. */
  importedRecordsMax: 100_000,
  /** Kept of what a tested program prints; the rest is read and dropped. */
  testOutputBytesMax: 1_048_576,
  /** Findings of one rule that a report holds, the worst; the others are counted. */
  findingsOfRuleMax: 10_000,
  /** A report that is remembered, as text. */
  rememberedReportLengthMax: 67_108_864,
  /** A report as a page: files in its table, steps of one chain of reasons, findings of one rule. */
  reportFilesMax: 100_000,
  reportChainStepsMax: 64,
  reportFindingsOfRuleMax: 2000,
} as const;
