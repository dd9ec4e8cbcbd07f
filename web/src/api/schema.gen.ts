// Generated from openapi.json by `npm run types`. Do not edit.

export interface paths {
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["choose_presence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in-hints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["sign_in_hints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["sign_out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-out-everywhere": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["sign_out_everywhere"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wrap-up/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["finish_wrap_up"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Ability: {
            allowed: boolean;
            refusal?: components["schemas"]["Refusal"] | null;
        };
        Event: components["schemas"]["PresenceChanged"] | components["schemas"]["UserChanged"] | components["schemas"]["TeamChanged"] | components["schemas"]["GroupChanged"] | components["schemas"]["RoleChanged"] | components["schemas"]["PolicyChanged"] | components["schemas"]["RightsChanged"] | components["schemas"]["SignInEnded"];
        Grant: {
            permission: components["schemas"]["Permission"];
            scope: components["schemas"]["Scope"];
        };
        GroupChanged: {
            /** Format: date-time */
            at: string;
            group_id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "group.changed";
        };
        Me: {
            is_demo: boolean;
            permissions: components["schemas"]["Grant"][];
            presence: components["schemas"]["PresenceOut"];
            user: components["schemas"]["OwnUser"];
        };
        NamedRole: {
            id: string;
            name: string;
        };
        OwnUser: {
            email: string;
            id: string;
            name: string;
            roles: components["schemas"]["NamedRole"][];
            team_id: string | null;
            team_name: string | null;
            time_zone: string;
        };
        /** @enum {string} */
        Permission: "monitor" | "coach" | "barge" | "barge_kick" | "disconnect_others" | "view_interactions" | "view_engagements" | "view_engagement_history" | "see_audit" | "view_directory" | "view_users" | "view_queues" | "take_calls" | "set_interaction_data" | "create_suggestions" | "view_suggestions" | "manage_users" | "manage_teams" | "manage_groups" | "manage_roles" | "manage_queues" | "manage_policies";
        PolicyChanged: {
            /** Format: date-time */
            at: string;
            key: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "policy.changed";
        };
        PresenceChanged: {
            /** Format: date-time */
            at: string;
            name: string;
            reason: string;
            /** Format: date-time */
            since: string;
            status: components["schemas"]["PresenceStatus"];
            team_id: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "presence.changed";
            user_id: string;
            wrap_up_until: string | null;
        };
        PresenceIn: {
            reason?: string;
            status: components["schemas"]["PresenceStatus"];
        };
        PresenceOut: {
            reason: string;
            /** Format: date-time */
            since: string;
            status: components["schemas"]["PresenceStatus"];
            then?: components["schemas"]["PresenceStatus"] | null;
            then_reason?: string;
            wrap_up_until: string | null;
        };
        /** @enum {string} */
        PresenceStatus: "available" | "on_queue" | "interacting" | "wrap_up" | "not_ready" | "offline";
        Problem: {
            code: string;
            detail: string;
            fields?: {
                [key: string]: string;
            };
            status: number;
            title: string;
            type: string;
        };
        Refusal: {
            code: string;
            text: string;
        };
        RightsChanged: {
            /** Format: date-time */
            at: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "rights.changed";
            user_ids: string[];
        };
        RoleChanged: {
            /** Format: date-time */
            at: string;
            role_id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "role.changed";
        };
        /** @enum {string} */
        Scope: "all" | "own_teams" | "own";
        SignIn: {
            email: string;
            password: string;
        };
        SignInEnded: {
            /** Format: date-time */
            at: string;
            reason: string;
            sign_in_id: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "sign_in.ended";
            user_id: string;
        };
        SignInHint: {
            email: string;
            name: string;
            password: string;
            role: string;
        };
        TeamChanged: {
            /** Format: date-time */
            at: string;
            team_id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "team.changed";
        };
        UserChanged: {
            /** Format: date-time */
            at: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "user.changed";
            user_id: string;
            version: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    choose_presence: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PresenceIn"];
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresenceOut"];
                };
            };
            /** @description Not possible now */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Signed in; the cookies are set */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Email and password do not match */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_hints: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInHint"][];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    sign_out_everywhere: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out in every browser */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finish_wrap_up: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresenceOut"];
                };
            };
            /** @description Not in wrap-up */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
