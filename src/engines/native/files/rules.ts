// What can be wrong with a file operation: rules of diagnostics, for docs/reference/diagnostics.md.

export const fileRules: Readonly<Record<string, string>> = {
  "file-absent":
    "COPY or ADD names what isn't there: in the build context, in a stage, or because .dockerignore leaves it out.",
  "file-in-the-way":
    "A file, folder or link stands where something else is to be, and may not be replaced by it.",
  "file-links": "Links lead to each other in a circle, or through more links than are followed.",
  "file-mode": "The mode of --chmod is neither octal digits up to 7777 nor symbols as chmod has them.",
  "file-name": "A file can't be part of an image: in a layer, a name that begins with .wh. removes files.",
  "file-owner":
    "The user or group of --chown is neither a number nor in the image's /etc/passwd or /etc/group.",
  "file-pattern": "A pattern of COPY, ADD or --exclude is malformed.",
  "archive-path":
    "An archive that ADD unpacks holds a name that leads out of its folder, or a link to nothing.",
};
