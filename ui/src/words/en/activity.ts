// Words of the screen Activity.

export const activity = {
  title: 'Activity',
}
