// Whether a path says where it is by itself, on any system. Pure.

export const isAbsolute = (path: string): boolean => /^(\/|\\\\|[A-Za-z]:[\\/])/.test(path.trim())
