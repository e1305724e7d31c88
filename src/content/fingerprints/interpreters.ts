// Interpreters: programs that run what they are given. A library with the engine in it is told as embedded.
import { type Fingerprint, isNamed, needs, symbol, text } from "./fingerprint.ts";

const dotted = /\d+(?:\.\d+)+[\w.+~-]*/;

export const interpreters: readonly Fingerprint[] = [
  {
    id: "python",
    kind: "interpreter",
    name: "CPython",
    scope: "engine",
    signs: [
      [symbol("Py_BytesMain"), needs(/^libpython[23]/)],
      [symbol("Py_Main"), needs(/^libpython[23]/)],
      [symbol("Py_BytesMain"), text("PYTHONHOME")],
      [isNamed(/^libpython[23]/), symbol("Py_Initialize")],
      [text("PYTHONHASHSEED"), text("PYTHONDONTWRITEBYTECODE")],
    ],
    version: { after: ["/lib/python"], pattern: /2\.7|3\.\d+/ },
  },
  {
    id: "perl",
    kind: "interpreter",
    name: "Perl",
    scope: "engine",
    signs: [
      [symbol("perl_parse"), symbol("perl_run"), needs(/^libperl\.so/)],
      [symbol("perl_parse"), symbol("perl_run"), text("PERL5LIB")],
      [isNamed(/^libperl\.so/), symbol("perl_run")],
      [text("PERL5LIB"), text("PERL_HASH_SEED")],
    ],
    version: { after: ["/share/perl/"], pattern: dotted },
  },
  {
    id: "ruby",
    kind: "interpreter",
    name: "Ruby",
    scope: "engine",
    signs: [
      [symbol("ruby_run_node"), symbol("ruby_sysinit")],
      [isNamed(/^libruby/), symbol("ruby_run_node")],
      [text("RUBYLIB_PREFIX"), text("RUBYOPT\0", "RUBYOPT")],
    ],
    version: { after: ["libruby-"], pattern: /\d+\.\d+/ },
  },
  {
    id: "node",
    kind: "interpreter",
    name: "Node.js",
    scope: "engine",
    signs: [
      [symbol("_ZN4node5StartEiPPc"), needs(/^libnode\.so/)],
      [symbol("_ZN4node5StartEiPPc"), text("NODE_OPTIONS")],
      [isNamed(/^libnode\.so/), symbol("_ZN4node5StartEiPPc")],
      [text("NODE_EXTRA_CA_CERTS"), text("NODE_REPL_HISTORY")],
    ],
    version: { after: ["node_version_number "], pattern: dotted },
    unless: ["deno", "bun"],
  },
  {
    id: "deno",
    kind: "interpreter",
    name: "Deno",
    signs: [
      [text("DENO_INSTALL_ROOT"), text("DENO_NO_PACKAGE_JSON")],
      [text("DENO_INSTALL_ROOT"), text("ext:deno_web/")],
    ],
  },
  {
    id: "bun",
    kind: "interpreter",
    name: "Bun",
    signs: [
      [text("BUN_INSTALL"), text("BUN_RUNTIME_TRANSPILER_CACHE_PATH")],
      [text("BUN_INSTALL"), text("bunfig.toml")],
    ],
  },
  {
    id: "php",
    kind: "interpreter",
    name: "PHP",
    scope: "engine",
    signs: [
      [symbol("php_module_startup"), text("X-Powered-By: PHP/")],
      [text("X-Powered-By: PHP/"), text("PHP_INI_SCAN_DIR")],
    ],
    version: { after: ["X-Powered-By: PHP/"], pattern: /\d+(?:\.\d+)+/ },
  },
  {
    id: "lua",
    kind: "interpreter",
    name: "Lua",
    scope: "engine",
    signs: [
      [text("LUA_INIT\0", "LUA_INIT"), symbol("lua_pcallk")],
      [text("LUA_INIT\0", "LUA_INIT"), symbol("lua_pcall")],
      [text("LUA_INIT\0", "LUA_INIT"), text("$LuaVersion: ")],
      [isNamed(/^liblua5/), symbol("luaL_newstate")],
    ],
    version: { after: ["$LuaVersion: Lua "], pattern: /\d+(?:\.\d+)+/ },
    unless: ["luajit"],
  },
  {
    id: "luajit",
    kind: "interpreter",
    name: "LuaJIT",
    scope: "engine",
    signs: [
      [symbol("luaJIT_setmode"), text("LUA_INIT\0", "LUA_INIT")],
      [isNamed(/^libluajit/), symbol("luaJIT_setmode")],
    ],
    version: { after: ["\0LuaJIT "], pattern: dotted },
  },
  {
    id: "tcl",
    kind: "interpreter",
    name: "Tcl",
    scope: "engine",
    signs: [
      [symbol("Tcl_MainEx"), needs(/^libtcl/)],
      [symbol("Tk_MainEx"), needs(/^libtk/)],
      [symbol("Tcl_MainEx"), text("tcl_rcFileName")],
      [isNamed(/^libtcl\d/), symbol("Tcl_CreateInterp")],
    ],
  },
  {
    id: "java",
    kind: "interpreter",
    name: "Java",
    scope: "engine",
    signs: [
      [symbol("JLI_Launch"), needs(/^libjli\.so/)],
      [isNamed(/^libjvm\.so/), symbol("JNI_CreateJavaVM")],
    ],
  },
  {
    id: "guile",
    kind: "interpreter",
    name: "GNU Guile",
    scope: "engine",
    signs: [
      [symbol("scm_shell"), symbol("scm_boot_guile")],
      [isNamed(/^libguile/), symbol("scm_shell")],
    ],
    version: { after: ["libguile-"], pattern: /\d+\.\d+/ },
  },
  {
    id: "gawk",
    kind: "interpreter",
    name: "GNU Awk",
    signs: [[text("GAWK_READ_TIMEOUT"), text("AWKLIBPATH")]],
    version: { after: ["GNU Awk "], pattern: /\d+(?:\.\d+)+/ },
  },
  {
    id: "mawk",
    kind: "interpreter",
    name: "mawk",
    signs: [[text("MAWK_LONG_OPTIONS"), text("WHINY_USERS")]],
  },
  {
    id: "original-awk",
    kind: "interpreter",
    name: "awk (one true awk)",
    signs: [[text("out of memory in awksprintf"), text("not permitted in awk formats")]],
  },
  {
    id: "expect",
    kind: "interpreter",
    name: "Expect",
    signs: [[symbol("Expect_Init"), needs(/^libexpect/)]],
  },
];
