/** Addresses of the screens, so that features link to each other without importing each other. */
export const paths = {
  home: () => "/",
  desk: () => "/desk",
  interactions: () => "/performance/interactions",
  interaction: (interactionId: string) => `/performance/interactions/${interactionId}`,
  agents: () => "/performance/agents",
  queues: () => "/performance/queues",
  queue: (queueId: string) => `/performance/queues/${queueId}`,
  coachManager: () => "/quality/coach-manager",
  users: () => "/organisation/users",
  user: (userId: string) => `/organisation/users/${userId}`,
  teams: () => "/organisation/teams",
  groups: () => "/organisation/groups",
  roles: () => "/organisation/roles",
  organisationQueues: () => "/organisation/queues",
  settings: () => "/organisation/settings",
  customer: (queue: string) => `/c/${queue}`,
} as const;
