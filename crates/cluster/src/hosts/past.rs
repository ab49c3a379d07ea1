//! The world as it was when a preset's servers were installed: everything that was asked for was there.
use super::{processes, tokens};
use ::hosts::Machine;
use ::hosts::outside::{Answer, EtcdAsk, EtcdMember, Outside, Probe};
use objects::wire::{Request, Resource, Response, Target, Verb};
use objects::{Status, Text, Tree};
use simcore::{Duration, Time};
use std::collections::BTreeMap;

/// Objects by plural, namespace and name; the members of etcd.
#[derive(Default)]
pub(super) struct Past {
    pub objects: BTreeMap<(Text, Text, Text), Tree>,
    members: Vec<EtcdMember>,
}

impl Past {
    /// A member of etcd that was there before whoever joins.
    pub fn has_member(&mut self, name: &Text, address: &str) {
        let (id, peer) = (1 + self.members.len() as u64, Text::from(format!("https://{address}:2380")));
        self.members.push(EtcdMember { id, name: name.clone(), peer, learner: false });
    }

    /// cluster-info as the bootstrap signer leaves it.
    fn signed(&self, info: &Tree) -> Tree {
        tokens::sign(info, self.objects.iter().filter(|((plural, _, _), _)| plural == "secrets").map(|(_, secret)| secret.clone()))
    }

    fn answer(&mut self, request: &Request) -> Response {
        let Target::Resource { resource: Resource::Named { plural, .. }, namespace, name, .. } = &request.target else {
            return Response::ok(Tree::Null);
        };
        let written = request.body.at(&["metadata", "name"]);
        let name = if name.is_empty() { Text::new(written.text()) } else { name.clone() };
        let key = (plural.clone(), namespace.clone(), name);
        match request.verb {
            Verb::Create | Verb::Update => {
                self.objects.insert(key, request.body.clone());
                Response::ok(request.body.clone())
            }
            Verb::Get => match self.objects.get(&key) {
                Some(found) if key.2 == "cluster-info" => Response::ok(self.signed(found)),
                Some(found) => Response::ok(found.clone()),
                None => Response::from(Status::not_found(plural, &key.2)),
            },
            _ => Response::ok(Tree::Null),
        }
    }
}

impl Outside for Past {
    fn lookup(&mut self, machine: &Machine, _: Time, _: &str) -> Answer<Result<Vec<Text>, String>> {
        Ok((Ok(vec![machine.address()]), Duration::ZERO))
    }

    fn fetch(&mut self, _: &Machine, _: Time, _: &str) -> Answer<Result<String, String>> {
        Ok((Ok(String::new()), Duration::ZERO))
    }

    fn pull(&mut self, _: &Machine, _: Time, _: &str) -> Answer<Result<(), String>> {
        Ok((Ok(()), Duration::ZERO))
    }

    fn api(&mut self, _: &mut Machine, _: Time, _: &str, request: Request) -> Answer<Result<Response, String>> {
        Ok((Ok(self.answer(&request)), Duration::ZERO))
    }

    fn wait(&mut self, machine: &mut Machine, at: Time, _: &Probe, _: Duration) -> Answer<Result<(), String>> {
        for manifest in machine.files.names(processes::MANIFESTS) {
            processes::start(machine, at, manifest.trim_end_matches(".yaml"));
        }
        processes::keep_credentials(machine);
        Ok((Ok(()), Duration::ZERO))
    }

    fn wait_file(&mut self, machine: &mut Machine, at: Time, _: &str, _: Duration) -> Answer<Result<(), String>> {
        processes::bootstrap(machine, at);
        Ok((Ok(()), Duration::ZERO))
    }

    fn etcd(&mut self, machine: &mut Machine, _: Time, _: &str, ask: &EtcdAsk) -> Answer<Result<Vec<EtcdMember>, String>> {
        if let EtcdAsk::AddLearner { peer } = ask {
            let id = 1 + self.members.len() as u64;
            self.members.push(EtcdMember { id, name: machine.name.clone(), peer: peer.clone(), learner: true });
        }
        Ok((Ok(self.members.clone()), Duration::ZERO))
    }
}
