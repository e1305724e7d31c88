// Reading of the setup. The caller is trusted; its lengths are checked all the same.
#include "setup.h"

static uint32_t number_at(const char **at, const char *end) {
  uint32_t value;
  if (end - *at < (long)sizeof value) fail(0, "reading the setup", "it ends too early");
  memcpy(&value, *at, sizeof value);
  *at += sizeof value;
  return value;
}

static struct field field_at(const char **at, const char *end) {
  struct field field = {.length = number_at(at, end)};
  if (end - *at <= (long)field.length) fail(0, "reading the setup", "a field is longer than it");
  field.text = *at;
  *at += field.length;
  if (*(*at)++ != '\0') fail(0, "reading the setup", "a field does not end");
  return field;
}

struct setup read_setup(void) {
  uint32_t length, count = 0;
  if (must(read_whole(setup_descriptor, &length, sizeof length), "reading the setup", "") != sizeof length)
    fail(0, "reading the setup", "there is none");
  if (length > setup_bytes_max) fail(0, "reading the setup", "it is too long");
  char *bytes = allocate(length + 1);
  if (must(read_whole(setup_descriptor, bytes, length), "reading the setup", "") != (long)length)
    fail(0, "reading the setup", "it ends too early");
  const char *at = bytes, *end = bytes + length;
  uint32_t total = number_at(&at, end);
  if (total > fields_max) fail(0, "reading the setup", "too many instructions");
  struct instruction *instructions = allocate(total * sizeof *instructions);
  for (; count < total; count++) {
    uint32_t fields = number_at(&at, end);
    if (fields == 0 || fields > fields_max) fail(0, "reading the setup", "an instruction of no field, or too many");
    struct field *list = allocate(fields * sizeof *list);
    for (uint32_t index = 0; index < fields; index++) list[index] = field_at(&at, end);
    instructions[count] = (struct instruction){fields, list};
  }
  return (struct setup){count, instructions};
}

const char *text_of(const struct instruction *instruction, uint32_t index) {
  if (index >= instruction->count) fail(0, "reading the setup: a field is missing of", instruction->fields[0].text);
  const struct field *field = &instruction->fields[index];
  if (text_length(field->text) != field->length) fail(0, "reading the setup: a zero byte in", field->text);
  return field->text;
}

unsigned long number_in(const struct instruction *instruction, uint32_t index) {
  return number_of(text_of(instruction, index));
}

struct instruction instruction_named(const struct setup *setup, const char *name) {
  for (uint32_t index = 0; index < setup->count; index++)
    if (text_equal(text_of(&setup->instructions[index], 0), name)) return setup->instructions[index];
  return (struct instruction){0, NULL};
}
