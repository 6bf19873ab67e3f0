/** What a front end made with Relay asks, compiled by relay-compiler when the tests run. */

import { graphql } from "relay-runtime";

export const who = graphql`
  query documentsWhoQuery {
    viewer {
      name
      role
    }
  }
`;

export const hostRow = graphql`
  fragment documentsHostRow_host on Host {
    id
    name
    status
    zone {
      id
      name
    }
  }
`;

export const hosts = graphql`
  fragment documentsHosts_query on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 1 }, cursor: { type: "String" })
  @refetchable(queryName: "documentsHostsPaginationQuery") {
    hosts(first: $count, after: $cursor) @connection(key: "documentsHosts_hosts") {
      edges {
        node {
          id
          ...documentsHostRow_host
        }
      }
    }
  }
`;

export const hostsPage = graphql`
  query documentsHostsQuery {
    ...documentsHosts_query
  }
`;

export const guestFragment = graphql`
  fragment documentsGuest_guest on Guest @refetchable(queryName: "documentsGuestRefetchQuery") {
    id
    name
    desired
    host {
      name
    }
  }
`;

export const guest = graphql`
  query documentsGuestQuery($name: String!) {
    guest(name: $name) {
      id
      ...documentsGuest_guest
    }
  }
`;

export const stop = graphql`
  mutation documentsStopMutation($input: GuestActionInput!) {
    stopGuest(input: $input) {
      __typename
      ... on StopGuestPayload {
        guest {
          id
          desired
        }
      }
      ... on Error {
        code
        message
        path
      }
    }
  }
`;

export const listen = graphql`
  subscription documentsListenSubscription($after: Cursor) {
    events(after: $after) {
      id
      cursor
      kind
      ... on GuestStopped {
        guest {
          id
          status
        }
      }
    }
  }
`;
