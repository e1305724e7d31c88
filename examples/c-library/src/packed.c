#include <stdio.h>
#include <string.h>

#include "pack.h"

int main(int count, char **words)
{
    if (count != 2) {
        fprintf(stderr, "usage: packed TEXT\n");
        return 2;
    }
    printf("%zu bytes, %zu packed\n", strlen(words[1]), packed_size(words[1]));
    return 0;
}
