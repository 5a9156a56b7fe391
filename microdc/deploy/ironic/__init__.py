"""OpenStack Ironic as the engine that takes a site's servers through their moves, behind the same life cycle as microdc's own boot services.

A thin client over urllib3 of the dozen calls that this takes. openstacksdk would bring ten more packages and 24 MB of its own, and take
1.5 to 2 s to import where urllib3, which is there anyhow, takes 0.3 s; of all that a proxy for the same dozen calls would be used.
"""
