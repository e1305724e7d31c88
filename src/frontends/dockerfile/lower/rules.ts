// Every rule that a Dockerfile can break while it becomes a graph, with its row of docs/reference/diagnostics.md.

export const lowerRules = {
  "lowered-limit":
    "What the file becomes is greater than a named limit allows: variables that double from line to line.",
  "wrong-expansion":
    "A word can't be expanded: a quote or `${` is not closed, a variable must be set and isn't.",
  "wrong-image-name":
    "FROM or a `from` names no image: its name is empty, or not one that an image can have.",
  "unknown-image": "An image is not there. The hint names a stage that may have been meant.",
  "wrong-platform":
    "A platform is not written as os/architecture[/variant], or is one that nothing is built for.",
  "unknown-target": "The file has no stage of the name or number that is to be built.",
  "unknown-stage-number": "`COPY --from` names a stage by a number that the file does not have.",
  "stage-order": "A stage copies from itself or from a later one.",
  "circular-stages": "Stages need each other.",
  "wrong-mount": "The value of `RUN --mount` has an unknown key, or a value that the key does not take.",
  "wrong-port": "EXPOSE names no port, range of ports, or protocol.",
  "wrong-signal": "STOPSIGNAL names no signal of Linux.",
  "wrong-mode": "`--chmod` is neither octal digits up to 7777 nor symbols as chmod(1) takes them.",
  "wrong-checksum": "`--checksum` stands where there is nothing to check, or is no checksum.",
  "wrong-source":
    "COPY names something that only ADD can fetch, or ADD a repository in a form that is not understood.",
  "unused-build-argument": "A build argument that no ARG of the file declares.",
} as const;

export type LowerRule = keyof typeof lowerRules;
