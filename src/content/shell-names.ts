// What shells are called: by name a program is only suspected to be one (content/fingerprints tells by content).

export const shellNames: ReadonlySet<string> = new Set(
  (
    "sh ash bash rbash dash hush lash ksh ksh93 mksh lksh pdksh oksh loksh zsh rzsh fish csh tcsh yash posh rc es elvish nu nushell " +
    "xonsh pwsh gosh sash ysh osh murex"
  ).split(" "),
);
