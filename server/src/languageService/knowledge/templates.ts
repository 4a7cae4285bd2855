import type { DocumentForm } from '#dots/workspace/fileNames';

/** A text to begin with, in the snippet syntax of LSP. */
export interface Template {
  label: string;
  /** What is typed to find it. */
  prefix: string;
  description: string;
  /** A whole file of this form, or an entry of the lists of this name. */
  fits: { form: DocumentForm } | { list: string };
  body: string;
}

/** What is often written, with the usual values at the tab stops. Completion offers each where it fits. */
export const templates: readonly Template[] = [
  {
    label: 'Mitigation request',
    prefix: 'dots-mitigation',
    description: 'Mitigation request: targets, ports, protocol, lifetime (RFC 9132 section 4.4.1)',
    fits: { form: 'dots' },
    body: `{
  "ietf-dots-signal-channel:mitigation-scope": {
    "scope": [
      {
        "target-prefix": ["\${1:192.0.2.0/24}"],
        "target-port-range": [{ "lower-port": \${2:443} }],
        "target-protocol": [\${3|6,17,1,58|}],
        "lifetime": \${4:3600}
      }
    ]
  }
}`,
  },
  {
    label: 'Mitigation request with source hints',
    prefix: 'dots-amplification',
    description:
      'Mitigation request against reflection and amplification: targets, and the source ports of the reflectors (RFC 9066 section 5.3.1)',
    fits: { form: 'dots' },
    body: `{
  "ietf-dots-signal-channel:mitigation-scope": {
    "scope": [
      {
        "target-prefix": ["\${1:192.0.2.10/32}"],
        "target-protocol": [17],
        "ietf-dots-call-home:source-port-range": [
          { "lower-port": \${2|53,123,19,389,1900,11211|} }
        ],
        "lifetime": \${3:3600}
      }
    ]
  }
}`,
  },
  {
    label: 'Call Home request',
    prefix: 'dots-call-home',
    description:
      'Call Home mitigation request: sources inside the domain of the server, and their target (RFC 9066 section 5.3.1)',
    fits: { form: 'dots' },
    body: `{
  "ietf-dots-signal-channel:mitigation-scope": {
    "scope": [
      {
        "target-prefix": ["\${1:2001:db8:c000::/128}"],
        "ietf-dots-call-home:source-prefix": ["\${2:2001:db8:123::1/128}"],
        "lifetime": \${3:3600}
      }
    ]
  }
}`,
  },
  {
    label: 'Mitigation request by alias',
    prefix: 'dots-alias-request',
    description: 'Mitigation request for an alias that was installed in peacetime (RFC 9132 section 4.4.1)',
    fits: { form: 'dots' },
    body: `{
  "ietf-dots-signal-channel:mitigation-scope": {
    "scope": [
      {
        "alias-name": ["\${1:web-servers}"],
        "lifetime": \${2:3600}
      }
    ]
  }
}`,
  },
  {
    label: 'Filter control',
    prefix: 'dots-filter-control',
    description: 'Mitigation request that activates or deactivates an installed ACL (RFC 9133 section 3.2.1)',
    fits: { form: 'dots' },
    body: `{
  "ietf-dots-signal-channel:mitigation-scope": {
    "scope": [
      {
        "target-prefix": ["\${1:192.0.2.0/24}"],
        "ietf-dots-signal-control:acl-list": [
          {
            "acl-name": "\${2:amplification-drop}",
            "activation-type": "\${3|immediate,activate-when-mitigating,deactivate|}"
          }
        ],
        "lifetime": \${4:3600}
      }
    ]
  }
}`,
  },
  {
    label: 'Filtering rules (ACL)',
    prefix: 'dots-acl',
    description: 'ACL with one rule that drops traffic by source port (RFC 8783 section 7.2)',
    fits: { form: 'dots' },
    body: `{
  "ietf-dots-data-channel:acls": {
    "acl": [
      {
        "name": "\${1:amplification-drop}",
        "type": "ipv4-acl-type",
        "activation-type": "\${2|activate-when-mitigating,immediate,deactivate|}",
        "aces": {
          "ace": [
            {
              "name": "\${3:drop-dns}",
              "matches": {
                "ipv4": {
                  "destination-ipv4-network": "\${4:192.0.2.0/24}",
                  "protocol": 17
                },
                "udp": {
                  "source-port-range-or-operator": { "operator": "eq", "port": \${5:53} }
                }
              },
              "actions": { "forwarding": "\${6|drop,accept|}" }
            }
          ]
        }
      }
    ]
  }
}`,
  },
  {
    label: 'Rate-limiting rule (ACE)',
    prefix: 'dots-ace-rate',
    description: 'One rule of an ACL that accepts traffic up to a rate in octets per second (RFC 8783 section 7.2)',
    fits: { list: 'ace' },
    body: `{
  "name": "\${1:limit-icmp}",
  "matches": {
    "ipv4": {
      "destination-ipv4-network": "\${2:192.0.2.0/24}",
      "protocol": \${3:1}
    }
  },
  "actions": { "forwarding": "accept", "rate-limit": "\${4:125000.00}" }
}`,
  },
  {
    label: 'Alias',
    prefix: 'dots-alias',
    description: 'A name for targets, to be used in mitigation requests (RFC 8783 section 6.1)',
    fits: { form: 'dots' },
    body: `{
  "ietf-dots-data-channel:aliases": {
    "alias": [
      {
        "name": "\${1:web-servers}",
        "target-prefix": ["\${2:192.0.2.10/32}"],
        "target-port-range": [{ "lower-port": \${3:443} }],
        "target-protocol": [\${4|6,17|}]
      }
    ]
  }
}`,
  },
  {
    label: 'Session configuration',
    prefix: 'dots-config',
    description:
      'Session configuration: heartbeats and retransmission, in attack and in peace (RFC 9132 section 4.5.2)',
    fits: { form: 'dots' },
    body: `{
  "ietf-dots-signal-channel:signal-config": {
    "mitigating-config": {
      "heartbeat-interval": { "current-value": \${1:91} },
      "missing-hb-allowed": { "current-value": \${2:3} }
    },
    "idle-config": {
      "heartbeat-interval": { "current-value": \${3:30} },
      "missing-hb-allowed": { "current-value": \${4:15} }
    }
  }
}`,
  },
  {
    label: 'Telemetry of an attack',
    prefix: 'dots-telemetry',
    description: 'Telemetry of an attack, before or during a mitigation (RFC 9244 section 8.2)',
    fits: { form: 'dots' },
    body: `{
  "ietf-dots-telemetry:telemetry": {
    "pre-or-ongoing-mitigation": [
      {
        "target": { "target-prefix": ["\${1:192.0.2.0/24}"] },
        "total-attack-traffic-protocol": [
          { "protocol": \${2:17}, "unit": "\${3|megabit-ps,gigabit-ps,kilopacket-ps,megapacket-ps|}", "mid-percentile-g": "\${4:900}" }
        ],
        "attack-detail": [
          { "vendor-id": \${5:32473}, "attack-id": \${6:77}, "attack-severity": "\${7|high,medium,low,none,unknown|}" }
        ]
      }
    ]
  }
}`,
  },
  {
    label: 'Orchestrator policy',
    prefix: 'dots-policy',
    description:
      'Policy of an orchestrator, for a file *.orchestrator.json: a client, a link, a node, a DMS and strategies (RFC 8903 section 3.3)',
    fits: { form: 'policy' },
    body: `{
  "clients": [{ "name": "\${1:web-1}", "own-prefixes": ["\${2:192.0.2.0/24}"] }],
  "links": [{ "name": "transit-1", "capacity": \${3:10000000000} }],
  "nodes": [{ "name": "edge-1", "links": ["transit-1"], "rules": \${4:1000} }],
  "dms": [
    {
      "name": "\${5:scrubber-1}",
      "place": "\${6|inside,transit,third-party|}",
      "carries": ["transit-1"],
      "capacity": \${7:4000000000},
      "stops": ["\${8|dns-amplification,ntp-amplification,memcached-amplification,chargen-amplification,ssdp-amplification,cldap-amplification,snmp-amplification,syn-flood,ack-flood,udp-flood,icmp-flood,http-get-flood|}"],
      "divert": { "by": "flowspec-redirect", "route-target": "64500:1" }
    }
  ],
  "strategies": [
    { "name": "scrubbing", "when": { "volume": { "below": 4000000000 } }, "use": ["\${5:scrubber-1}"] },
    { "name": "filtering", "filter": ["edge-1"] }
  ]
}`,
  },
  {
    label: 'Clients of the mock',
    prefix: 'dots-clients',
    description: 'Clients file for dots mock --clients: identities, cuid and prefixes of each client',
    fits: { form: 'clients' },
    body: `{
  "clients": [
    {
      "name": "\${1:web-1}",
      "identities": [{ "certificate": "\${2:web-1.pem}" }],
      "own-prefixes": ["\${3:192.0.2.0/24}"]
    }
  ]
}`,
  },
];
