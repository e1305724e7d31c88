#include "pack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

size_t packed_size(const char *text)
{
    uLong length = strlen(text);
    uLongf size = compressBound(length);
    Bytef *packed = malloc(size);
    if (packed == NULL)
        return 0;
    int status = compress(packed, &size, (const Bytef *)text, length);
    free(packed);
    return status == Z_OK ? size : 0;
}
