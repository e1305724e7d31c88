// Carrying of output. A step's output goes to pipes, which it can open by name (/dev/stdout) as it can't open a socket, and
// from there to the caller; neither side waits for the other in here.
#include "setup.h"

struct pollfd_pair relay_interest(const struct relay *relay) {
  if (relay->start < relay->end) return (struct pollfd_pair){relay->to, poll_out, 0};
  return (struct pollfd_pair){relay->from, poll_in, 0};
}

void relay_step(struct relay *relay, short returned) {
  if (returned == 0 || relay->from < 0) return;
  if (relay->start == relay->end) {
    long got = SYSTEM(read, relay->from, relay->bytes, sizeof relay->bytes);
    if (got == -EAGAIN || got == -EINTR) return;
    if (got <= 0) {
      close_descriptor(relay->from);
      relay->from = -1;
      return;
    }
    relay->start = 0;
    relay->end = (size_t)got;
  }
  long written = SYSTEM(write, relay->to, relay->bytes + relay->start, relay->end - relay->start);
  if (written == -EAGAIN || written == -EINTR) return;
  // Where nobody takes it any more the step goes on, and what it says is dropped.
  relay->start = written < 0 ? relay->end : relay->start + (size_t)written;
}
