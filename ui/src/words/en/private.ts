// Words of the screen Private.

export const privateModules = {
  title: 'Private modules',
}
