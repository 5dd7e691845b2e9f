// Words of the screen Settings.

export const settings = {
  title: 'Settings',
}
