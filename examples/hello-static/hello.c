#include <stdio.h>

int main(void) {
  puts("Hello from an image that holds one file.");
  return 0;
}
