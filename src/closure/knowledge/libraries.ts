// Other libraries whose data or modules no header names.
import type { KnowledgeRule } from "./rule.ts";

export const libraryRules: readonly KnowledgeRule[] = [
  {
    // Debian links the data in (libicudata.so is NEEDED); a build with packaged data reads it from here.
    id: "icu-data",
    when: { sonames: ["libicuuc.so.*"] },
    files: [{ keep: "/usr/share/icu/*/*.dat", because: "ICU reads its data there when it isn't linked in" }],
  },
  {
    id: "libmagic",
    when: { sonames: ["libmagic.so.1"] },
    files: [
      { keep: "/etc/magic*", because: "libmagic reads local additions there" },
      { keep: "/usr/share/misc/magic*", because: "libmagic opens its database by this name" },
      { keep: "/usr/share/file/magic*", because: "the database's other name" },
      { keep: "/usr/lib/file/magic.mgc", because: "the compiled database" },
    ],
  },
  {
    id: "terminfo",
    when: { sonames: ["libtinfo.so.*", "libncurses.so.*", "libncursesw.so.*"] },
    files: [
      { keep: "/lib/terminfo/**", because: "terminals are described there" },
      { keep: "/usr/lib/terminfo/**", because: "terminals are described there" },
      { keep: "/etc/terminfo/**", because: "terminals are described there" },
    ],
  },
  {
    id: "readline",
    when: { sonames: ["libreadline.so.*"] },
    files: [{ keep: "/etc/inputrc", because: "readline reads its key bindings there" }],
  },
  {
    id: "libxml-catalog",
    when: { sonames: ["libxml2.so.*"] },
    files: [{ keep: "/etc/xml/catalog", because: "libxml2 resolves entities through it" }],
  },
  {
    id: "fontconfig",
    when: { sonames: ["libfontconfig.so.1"] },
    files: [
      { keep: "/etc/fonts/**", because: "fontconfig reads its configuration there" },
      { keep: "/usr/share/fontconfig/**", because: "the links of /etc/fonts/conf.d lead there" },
      { keep: "/usr/share/fonts/**", because: "fontconfig finds fonts there" },
      { keep: "/var/cache/fontconfig/**", because: "fontconfig's cache" },
    ],
  },
  {
    id: "gio-modules",
    when: { sonames: ["libgio-2.0.so.0"] },
    files: [
      { keep: "/usr/lib/*/gio/modules/**", because: "GIO loads every module that it finds" },
      { keep: "/usr/share/glib-2.0/schemas/gschemas.compiled", because: "GSettings reads it" },
    ],
  },
  {
    id: "gdk-pixbuf",
    when: { sonames: ["libgdk_pixbuf-2.0.so.0"] },
    files: [
      { keep: "/usr/lib/*/gdk-pixbuf-2.0/*/**", because: "image loaders are found through loaders.cache" },
    ],
  },
  {
    id: "mime-types",
    when: { sonames: ["libgio-2.0.so.0"] },
    files: [{ keep: "/usr/share/mime/mime.cache", because: "GIO tells types of files by it" }],
  },
  {
    id: "glvnd",
    when: { sonames: ["libEGL.so.1", "libGLX.so.0"] },
    files: [{ keep: "/usr/share/glvnd/egl_vendor.d/*", because: "drivers are listed there" }],
  },
  {
    id: "opencl",
    when: { sonames: ["libOpenCL.so.1"] },
    files: [{ keep: "/etc/OpenCL/vendors/*", because: "drivers are listed there" }],
  },
  {
    id: "alsa",
    when: { sonames: ["libasound.so.2"] },
    files: [{ keep: "/usr/share/alsa/**", because: "libasound reads its configuration there" }],
  },
  {
    id: "libvips-modules",
    when: { sonames: ["libvips.so.*"] },
    files: [{ keep: "/usr/lib/*/vips-modules-*/*.so", because: "libvips loads its modules by name" }],
  },
  {
    id: "imagemagick",
    when: { sonames: ["libMagickCore-*"] },
    files: [
      { keep: "/etc/ImageMagick-*/**", because: "ImageMagick reads its policy there" },
      { keep: "/usr/lib/*/ImageMagick-*/**", because: "ImageMagick loads coders by name" },
    ],
  },
  {
    id: "odbc",
    when: { sonames: ["libodbc.so.*"] },
    files: [
      { keep: "/etc/odbc*.ini", because: "drivers are listed there" },
      { keep: "/usr/lib/*/odbc/*.so", because: "odbcinst.ini names drivers there" },
    ],
  },
];
