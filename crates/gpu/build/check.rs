//! Bindings are written once, in the op's row; here the shader's are reflected and compared with it.

use crate::expand::Expanded;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Expression, MathFunction, ScalarKind, StorageAccess, TypeInner};
use squint_ops::{Access, Form, Gpu, Kind, Needs, OPS, On, OpSpec, Scalar};

/// Whether the form takes weights of this variant. Forms that the row does not name do: `fits` says so of them.
pub fn wanted(shader: &Expanded) -> bool {
    let op = OPS.iter().find(|o| o.stem == shader.stem);
    let form = op.and_then(|op| form(op, &shader.form));
    let variant = op.and_then(|op| variants(op).into_iter().flatten().find(|k| k.name == shader.variant));
    form.is_none_or(|f| f.takes(variant))
}

/// A valid module whose parameters and buffers are those of the op of the same stem.
pub fn fits(shader: &Expanded) -> Result<(), String> {
    let name = match shader.variant.as_str() {
        "" => shader.file(),
        v => format!("{}, variant {v}", shader.file()),
    };
    let op = OPS.iter().find(|o| o.stem == shader.stem).ok_or_else(|| {
        format!("{name} has no row in OPS: add crates/ops/src/op/{}.rs and its row, or delete the shader", shader.stem)
    })?;
    if !names(op).contains(&shader.form.as_str()) {
        return Err(format!("{name} is not among the forms in the row of '{}'", op.stem));
    }
    let needs = form(op, &shader.form).map_or(Needs::Nothing, |f| f.needs);
    let module = naga::front::wgsl::parse_str(&shader.source)
        .map_err(|e| format!("{name}: {}", e.emit_to_string(&shader.source)))?;
    // Only what every WebGPU device has, and what the form's row says that it needs; `unpack2x16float` and its kin are
    // everywhere, though naga asks to be told.
    let half = if needs == Needs::F16 { Capabilities::SHADER_FLOAT16 } else { Capabilities::empty() };
    Validator::new(ValidationFlags::all(), Capabilities::SHADER_FLOAT16_IN_FLOAT32 | half)
        .validate(&module)
        .map_err(|e| format!("{name}: {}", e.emit_to_string(&shader.source)))?;
    if multiplies_bytes(&module) != (needs == Needs::Dot4) {
        return Err(format!("{name} must multiply packed bytes if, and only if, its row says so"));
    }
    compare(op, &module).map_err(|e| format!("{name}: {e}"))
}

/// Every op has its shader, in every format its weight may have, or says why not.
pub fn complete(op: &OpSpec, shaders: &[Expanded]) -> Result<(), String> {
    if let Gpu::CpuOnly(_) = op.gpu {
        return Ok(());
    }
    for name in names(op) {
        for variant in variants(op) {
            let there =
                |s: &Expanded| s.stem == op.stem && s.form == name && s.variant == variant.map_or("", |kind| kind.name);
            if form(op, name).is_none_or(|f| f.takes(variant)) && !shaders.iter().any(there) {
                let dot = if name.is_empty() { "" } else { "." };
                let which = variant.map_or(String::new(), |v| format!(" in a variant '{}' (shaders/variants)", v.name));
                return Err(format!(
                    "op '{}' needs shaders/{}{dot}{name}.wgsl{which}, or `gpu: CpuOnly(\"why\")` in its row",
                    op.stem, op.stem
                ));
            }
        }
    }
    match op.gpu {
        Gpu::Forms { forms, .. } if forms.last().is_none_or(|f| !plain(f)) => {
            Err(format!("the last form of op '{}' must be the plain one, for every adapter", op.stem))
        }
        _ => Ok(()),
    }
}

/// Serves on every device, and rounds nothing.
fn plain(form: &Form) -> bool {
    form.name.is_empty() && form.on == On::Any && form.needs == Needs::Nothing && form.rounds.is_none()
}

/// The formats of the weight, where the op has a choice.
fn variants(op: &OpSpec) -> Vec<Option<Kind>> {
    match op.variant_slot() {
        Some(slot) => op.slots[slot].kinds.iter().copied().map(Some).collect(),
        None => vec![None],
    }
}

/// A form by name, of an op that has several.
fn form<'a>(op: &'a OpSpec, name: &str) -> Option<&'a Form> {
    match op.gpu {
        Gpu::Forms { forms, .. } => forms.iter().find(|f| f.name == name),
        _ => None,
    }
}

/// Naga takes these everywhere; browsers that lack them do not.
fn multiplies_bytes(module: &naga::Module) -> bool {
    use MathFunction::{Dot4I8Packed, Dot4U8Packed, Pack4xI8, Pack4xI8Clamp, Pack4xU8, Pack4xU8Clamp};
    let bytes = [Dot4I8Packed, Dot4U8Packed, Pack4xI8, Pack4xI8Clamp, Pack4xU8, Pack4xU8Clamp];
    let bodies = module.functions.iter().map(|(_, f)| f).chain(module.entry_points.iter().map(|e| &e.function));
    let mut all = bodies.flat_map(|f| f.expressions.iter());
    all.any(|(_, e)| matches!(e, Expression::Math { fun, .. } if bytes.contains(fun)))
}

/// The forms an op's row names.
fn names(op: &OpSpec) -> Vec<&'static str> {
    match op.gpu {
        Gpu::Forms { forms, .. } => forms.iter().map(|f| f.name).collect(),
        _ => vec![""],
    }
}

fn compare(op: &OpSpec, module: &naga::Module) -> Result<(), String> {
    if !module.entry_points.iter().any(|e| e.name == "main") {
        return Err("no entry point 'main'".into());
    }
    let mut bindings = 0;
    for (_, var) in module.global_variables.iter() {
        let Some(at) = &var.binding else { continue };
        bindings += 1;
        let var_name = var.name.as_deref().unwrap_or("?");
        let ty = &module.types[var.ty].inner;
        match at.binding.checked_sub(1) {
            None => params(op, module, ty)?,
            Some(i) => {
                let slot = op.slots.get(i as usize).ok_or(format!("binding {} is not in the op's row", at.binding))?;
                if slot.name != var_name {
                    return Err(format!("binding {} is '{var_name}', the op's row says '{}'", at.binding, slot.name));
                }
                let AddressSpace::Storage { access } = var.space else {
                    return Err(format!("'{var_name}' is not a storage buffer"));
                };
                if access.contains(StorageAccess::STORE) != (slot.access != Access::Read) {
                    return Err(format!("'{var_name}' must be {:?}, as in the op's row", slot.access));
                }
                let wanted = if slot.kinds == [Kind::F32] { ScalarKind::Float } else { ScalarKind::Uint };
                let TypeInner::Array { base, .. } = *ty else {
                    return Err(format!("'{var_name}' is not an array"));
                };
                if module.types[base].inner.scalar_kind() != Some(wanted) {
                    return Err(format!("'{var_name}' must be an array of {wanted:?}"));
                }
            }
        }
    }
    if bindings != op.slots.len() + 1 {
        return Err(format!("{bindings} bindings, expected parameters and {} buffers", op.slots.len()));
    }
    Ok(())
}

fn params(op: &OpSpec, module: &naga::Module, ty: &TypeInner) -> Result<(), String> {
    let TypeInner::Struct { members, .. } = ty else {
        return Err("binding 0 is not a struct of parameters".into());
    };
    let found = members.iter().map(|m| (m.name.as_deref().unwrap_or("?"), module.types[m.ty].inner.scalar_kind()));
    let wanted = op
        .fields
        .iter()
        .map(|f| (f.name, Some(if f.scalar == Scalar::F32 { ScalarKind::Float } else { ScalarKind::Uint })));
    let shard = match op.gpu {
        Gpu::Forms { shards: Some(_), .. } => ["first", "here"].as_slice(),
        _ => &[],
    };
    let wanted = wanted.chain(shard.iter().map(|name| (*name, Some(ScalarKind::Uint))));
    if found.clone().eq(wanted.clone()) {
        return Ok(());
    }
    Err(format!("Params is {:?}, the op's row says {:?}", found.collect::<Vec<_>>(), wanted.collect::<Vec<_>>()))
}
