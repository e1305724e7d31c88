#ifndef PACK_H
#define PACK_H

#include <stddef.h>

/* The size of a text once it is compressed; 0 where that can't be done. */
size_t packed_size(const char *text);

#endif
