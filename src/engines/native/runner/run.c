// Mode `run`: one command in a sandbox.
#include "system.h"

int mode_run(int argc, char **argv) {
  fail(0, "running a step: arguments were not understood:", argv[argc - 1]);
}
