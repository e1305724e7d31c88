// What can be wrong with a build that only doing it shows: rules of diagnostics, for docs/reference/diagnostics.md.

export const solverRules: Readonly<Record<string, string>> = {
  "cache-option":
    "--cache-to or --cache-from is not written as type=local, type=registry or type=inline with what they need.",
  "invalid-extra-host": "A host that a step is to know is not written as NAME=ADDRESS.",
  "invalid-ulimit":
    "A resource limit of a step is not written as NAME=SOFT:HARD, or there is none of that name.",
  "missing-mount-source":
    "A bind or cache mount of RUN names what isn't there in the stage, image or context that it is from.",
  "missing-secret": "A step needs a secret that was not given with --secret.",
  "missing-ssh-agent": "A step needs an ssh agent that was not given with --ssh.",
  "secret-option": "--secret is not written as id=ID with src=FILE or env=NAME.",
  "ssh-option": "--ssh is not written as default, or ID=SOCKET.",
  "unknown-group": "A step's user names a group that the stage's /etc/group does not have.",
  "unknown-user": "A step runs as a user that the stage's /etc/passwd does not have.",
};
