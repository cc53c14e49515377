// Generated from openapi.json by `npm run gen:types`. Do not edit.

export interface paths {
    "/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the rooms, newest first */
        get: operations["listRooms"];
        put?: never;
        /** Create a room, here and at 100ms */
        post: operations["createRoom"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rooms/{roomId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One room, with who is in it and where its updates stand */
        get: operations["getRoom"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rooms/{roomId}/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A token with which a 100ms client SDK joins the room */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rooms/{roomId}/updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who comes and goes, as a page, a long poll or an event stream
         * @description The same updates, in the same order and with the same cursors, as on every other door. With `Accept: text/event-stream` they come live, and `EventSource` resumes where it was; otherwise as a page, after at most `wait` seconds.
         */
        get: operations["readUpdates"];
        put?: never;
        post?: never;
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
        NewRoom: {
            /** @description What people read. Need not be unique. Required, here or as `name`. */
            roomName?: string;
            /** @description Another name of `roomName`. */
            name?: string;
            description?: string | null;
            templateId?: string | null;
            size?: number | null;
            largeRoom?: boolean | null;
            maxDurationSeconds?: number | null;
            access?: ("OPEN" | "INVITED") | null;
            idempotencyKey?: string | null;
            region?: ("in" | "us" | "eu" | "auto") | null;
        } & ((unknown | unknown) & ({
            size?: unknown;
        } | {
            /** @constant */
            largeRoom: true;
        }));
        NewToken: {
            role: string;
            userId?: string | null;
            name?: string | null;
            /** @default 3600 */
            ttlSeconds?: number;
        };
        /** @description A new room, under the names of 100ms's own. */
        CreatedRoom: {
            /** @example 66112497abcd52312556c4aa */
            id: string;
            /** @example My Room */
            name: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC.
             */
            created_at: string;
            description: string;
            enabled: boolean;
            template_id: string | null;
            /** @enum {string} */
            region: "in" | "us" | "eu" | "auto";
            app_id?: string;
            size?: number;
            large_room?: boolean;
            max_duration_seconds?: number;
        };
        AccessToken: {
            /** @description A 100ms client SDK joins the room with it. */
            token: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC.
             */
            expiresAt: string;
            userId: string;
            role: string;
        };
        RoomSummary: {
            /** @example 66112497abcd52312556c4aa */
            roomId: string;
            name: string;
            /** @description Users present: two devices of one user count once. */
            participantCount: number;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC.
             */
            createdAt: string;
        };
        RoomList: {
            /** @description Newest first. */
            rooms: components["schemas"]["RoomSummary"][];
            /** @description There is another page: send this back as `after`. */
            next?: string;
        };
        /** @description One device of one user in a room. */
        Participant: {
            id: string;
            /** @example 66112497abcd52312556c4aa */
            roomId: string;
            userId: string;
            name: string | null;
            role: string | null;
            /** @enum {string} */
            status: "ACTIVE" | "RECONNECTING" | "LEFT";
            /**
             * Format: date-time
             * @description RFC 3339, in UTC.
             */
            joinedAt: string;
            leftAt: string | null;
            /** @description How the presence ended; null while the participant is present. */
            leftReason: ("LEFT" | "REMOVED" | "BLOCKED" | "LOST" | "SESSION_ENDED" | "LEASE_EXPIRED" | "UNKNOWN") | null;
        };
        RoomDetails: {
            /** @example 66112497abcd52312556c4aa */
            roomId: string;
            name: string;
            /** @description Users present: two devices of one user count once. */
            participantCount: number;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC.
             */
            createdAt: string;
            /** @description Those present, in the order of joining. */
            participants: components["schemas"]["Participant"][];
            /** @description An opaque place in the updates of the room, the same on every door. Keep it, send it back as `after`. */
            cursor: string;
        };
        /** @description A change in a room, or a marker in its stream. */
        Update: {
            /** @enum {string} */
            action: "joined" | "left" | "updated" | "reconnecting" | "reconnected" | "snapshot" | "caught_up" | "room_closed";
            /** @example 66112497abcd52312556c4aa */
            roomId: string;
            userId: string | null;
            participant: components["schemas"]["Participant"] | null;
            /** @description With `snapshot`: who is there. */
            participants: components["schemas"]["Participant"][] | null;
            /** @description Users present as of this update. */
            participantCount: number;
            /** @description An opaque place in the updates of the room, the same on every door. Keep it, send it back as `after`. */
            cursor: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC.
             */
            occurredAt: string;
            source: ("WEBHOOK" | "REPLAY" | "RECONCILE" | "SOCKET" | "API") | null;
            /** @description Whether the user still has a device in the room. */
            userPresent: boolean | null;
            /** @description With `snapshot`: why it was sent. */
            reason: ("FIRST" | "EPOCH_CHANGED" | "TRIMMED" | "AHEAD" | "GAP_TOO_LARGE") | null;
            replayed: boolean;
        };
        /** @description Updates, oldest first, and where the next page continues. */
        UpdatePage: {
            updates: components["schemas"]["Update"][];
            /** @description An opaque place in the updates of the room, the same on every door. Keep it, send it back as `after`. */
            cursor: string;
        };
        Problem: {
            error: {
                /** @enum {string} */
                code: "BAD_USER_INPUT" | "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED" | "QUERY_TOO_COMPLEX" | "BAD_CURSOR" | "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_FOUND" | "ROOM_NOT_FOUND" | "METHOD_NOT_ALLOWED" | "NOT_ACCEPTABLE" | "REQUEST_TIMEOUT" | "ROOM_DISABLED" | "IDEMPOTENCY_CONFLICT" | "CURSOR_EXPIRED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "ROLE_INVALID" | "RATE_LIMITED" | "INTERNAL_SERVER_ERROR" | "UPSTREAM_REJECTED" | "UPSTREAM_UNAVAILABLE" | "UNAVAILABLE";
                message: string;
                /** @description With BAD_USER_INPUT a list of `{ field, rule }`, with ROLE_INVALID `{ roles }`. */
                details?: unknown;
                /** @description Seconds until trying again makes sense. */
                retryAfter?: number;
                /** @description Finds the request in the log. */
                requestId: string;
            };
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
    listRooms: {
        parameters: {
            query?: {
                /** @description Rooms on a page. */
                limit?: number;
                /** @description `next` of the page before. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of rooms. */
            200: {
                headers: {
                    /** @description What the log calls this request: yours where you sent one. */
                    "X-Request-Id"?: string;
                    /** @description For `If-None-Match`. Not with an event stream. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomList"];
                };
            };
            /** @description Still as `If-None-Match` knows it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `BAD_USER_INPUT`, `BAD_CURSOR`, `QUERY_TOO_COMPLEX` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `NOT_ACCEPTABLE` */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `RATE_LIMITED` */
            429: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL_SERVER_ERROR` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAVAILABLE` */
            503: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createRoom: {
        parameters: {
            query?: never;
            header?: {
                /** @description Repeat a create that timed out with the same key: it answers the same room. Kept for 24 h. Stands before `idempotencyKey` of the body. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRoom"];
            };
        };
        responses: {
            /** @description The room. */
            201: {
                headers: {
                    /** @description What the log calls this request: yours where you sent one. */
                    "X-Request-Id"?: string;
                    /** @description Where the room is. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedRoom"];
                };
            };
            /** @description `BAD_USER_INPUT` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `NOT_ACCEPTABLE` */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `REQUEST_TIMEOUT` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_CONFLICT` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `RATE_LIMITED` */
            429: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL_SERVER_ERROR` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UPSTREAM_REJECTED` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAVAILABLE`, `UPSTREAM_UNAVAILABLE` */
            503: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The 100ms room id. */
                roomId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The room. */
            200: {
                headers: {
                    /** @description What the log calls this request: yours where you sent one. */
                    "X-Request-Id"?: string;
                    /** @description For `If-None-Match`. Not with an event stream. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomDetails"];
                };
            };
            /** @description Still as `If-None-Match` knows it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `BAD_USER_INPUT` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `ROOM_NOT_FOUND` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `NOT_ACCEPTABLE` */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `RATE_LIMITED` */
            429: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL_SERVER_ERROR` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAVAILABLE` */
            503: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The 100ms room id. */
                roomId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description The token. It is kept nowhere. */
            200: {
                headers: {
                    /** @description What the log calls this request: yours where you sent one. */
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
            /** @description `BAD_USER_INPUT` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `ROOM_NOT_FOUND` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `NOT_ACCEPTABLE` */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `REQUEST_TIMEOUT` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `ROOM_DISABLED` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `ROLE_INVALID` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `RATE_LIMITED` */
            429: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL_SERVER_ERROR` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UPSTREAM_REJECTED` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAVAILABLE`, `UPSTREAM_UNAVAILABLE` */
            503: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readUpdates: {
        parameters: {
            query?: {
                /** @description The cursor of an update or a room: continue just after it. Without it, from now on. */
                after?: string;
                /** @description Also send a snapshot of the participants, and start with it if `after` is no longer in the log. */
                snapshot?: boolean;
                /** @description Updates on a page. */
                limit?: number;
                /** @description Seconds to wait for the first update while the page is empty. */
                wait?: number;
            };
            header?: {
                /** @description What `EventSource` sends when it comes back: stands before `after`. */
                "Last-Event-ID"?: string;
            };
            path: {
                /** @description The 100ms room id. */
                roomId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What happened after `after`, oldest first. As an event stream: events named `update`, and with `snapshot=true` also `snapshot` and `caught_up`, each with an Update as its data and its cursor as its id. */
            200: {
                headers: {
                    /** @description What the log calls this request: yours where you sent one. */
                    "X-Request-Id"?: string;
                    /** @description For `If-None-Match`. Not with an event stream. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpdatePage"];
                    "text/event-stream": string;
                };
            };
            /** @description Still as `If-None-Match` knows it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `BAD_USER_INPUT`, `BAD_CURSOR` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `ROOM_NOT_FOUND` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `NOT_ACCEPTABLE` */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `CURSOR_EXPIRED` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `RATE_LIMITED` */
            429: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL_SERVER_ERROR` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAVAILABLE` */
            503: {
                headers: {
                    /** @description Seconds until trying again makes sense, where that is known. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
